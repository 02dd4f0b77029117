#pragma once

/// Version 1 of Boost.Process, as `bp`, from where this Boost has it: since 1.86 in a folder and a namespace
/// of its own, and since 1.88 nowhere else.

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#if __has_include(<boost/process/v1/child.hpp>)
#include <boost/process/v1/child.hpp>
#include <boost/process/v1/env.hpp>
#include <boost/process/v1/environment.hpp>
#include <boost/process/v1/extend.hpp>
#include <boost/process/v1/posix.hpp>
namespace flowmeter {
namespace bp = boost::process::v1;
}
#else
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
namespace flowmeter {
namespace bp = boost::process;
}
#endif
