#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "packet/packet.h"

namespace flowmeter {

/// The Community ID, version 1, of a conversation (https://github.com/corelight/community-id-spec): the
/// same for both directions, as Zeek, Suricata and tshark print it for this seed. "-" without addresses.
[[nodiscard]] std::string community_id(Transport transport, const Endpoint& source,
                                       const Endpoint& destination, std::uint16_t seed);

}  // namespace flowmeter
