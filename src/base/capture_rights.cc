#include "base/capture_rights.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace flowmeter {
namespace {

constexpr int capture_rights[] = {CAP_NET_RAW, CAP_NET_ADMIN};

}  // namespace

void hand_down_no_rights() noexcept { prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

void give_up_capture_rights() noexcept {
  bool handed = false;
  for (const int right : capture_rights) {
    handed |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, right, 0, 0) == 1;
  }
  if (!handed) return;  // root's own, who may need them for other things
  hand_down_no_rights();
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, sets) != 0) return;
  for (const int right : capture_rights) {
    auto& set = sets[CAP_TO_INDEX(right)];
    const auto others = ~CAP_TO_MASK(right);
    set.effective &= others;
    set.permitted &= others;
    set.inheritable &= others;
  }
  syscall(SYS_capset, &header, sets);
}

}  // namespace flowmeter
