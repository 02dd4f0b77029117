#include "base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(Descriptor, IsClosedWithTheObject) {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    const Descriptor descriptor(fd);
    EXPECT_EQ(descriptor.get(), fd);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(Descriptor, MovesWithoutClosing) {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  Descriptor one(fd), other;
  other = std::move(one);
  EXPECT_TRUE(is_open(fd));
  EXPECT_EQ(other.get(), fd);
  Descriptor& same = other;
  other = std::move(same);
  EXPECT_TRUE(is_open(fd));
  EXPECT_EQ(Descriptor(std::move(other)).release(), fd);
  EXPECT_TRUE(is_open(fd));
  close(fd);
}

TEST(MakePipe, GivesBothEndsAndHandsThemToNoChild) {
  const Pipe pipe = make_pipe();
  for (const Descriptor* end : {&pipe.read, &pipe.write}) {
    EXPECT_EQ(fcntl(end->get(), F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(write(pipe.write.get(), "ab", 2), 2);
  char room[8];
  EXPECT_EQ(read_some(pipe.read.get(), room), 2U);
  EXPECT_EQ(std::string(room, 2), "ab");
}

TEST(ReadSome, IsZeroAtTheEnd) {
  Pipe pipe = make_pipe();
  pipe.write.reset();
  char room[8];
  EXPECT_EQ(read_some(pipe.read.get(), room), 0U);
}

TEST(ReadSome, SaysWhyItFailed) {
  char room[8];
  EXPECT_EQ(test::message_of<InputError>([&] { (void)read_some(-1, room); }),
            "cannot be read: Bad file descriptor");
}

}  // namespace
}  // namespace flowmeter
