#include "measure/core/policy.h"

struct policy policy_strict(void)
{
	return (struct policy){
		.fresh = DEMAND_REQUIRE,
		.channel = DEMAND_WARN,
		.logs = DEMAND_WARN,
		.launch = TCB_NONE,
		.known_floors = DEMAND_WARN,
		.firmware_major = -1,
		.firmware_minor = -1,
		.firmware_build = -1,
		.provisional = DEMAND_WARN,
	};
}
