#pragma once

#include <string_view>

namespace flowmeter {

/// Tells the service manager that has started the program, if one has and wants to be told, what state it is
/// in: "READY=1", "STOPPING=1", "STATUS=...". Several assignments stand on a line each. Never waits, never
/// fails. Source: sd_notify(3); the socket is named by $NOTIFY_SOCKET.
void tell_service_manager(std::string_view state) noexcept;

/// Whether there is one to be told.
[[nodiscard]] bool has_service_manager() noexcept;

}  // namespace flowmeter
