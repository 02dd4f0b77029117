#pragma once

namespace flowmeter {

// A service manager may hand the program the right to capture as ambient capabilities, which all programs
// that it runs would inherit: dumpcap alone is to have it, not whatever reads what was captured.

/// In a child between fork and exec: the program to be run inherits no capabilities. Makes one system call.
void hand_down_no_rights() noexcept;

/// When dumpcap runs: the right to capture, if it was handed to us, is given up for good.
void give_up_capture_rights() noexcept;

}  // namespace flowmeter
