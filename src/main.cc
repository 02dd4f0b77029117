#include "cli/application.h"

int main(int argc, char** argv) { return static_cast<int>(flowmeter::run_application(argc, argv)); }
