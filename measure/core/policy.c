#include "measure/core/policy.h"

struct policy policy_strict(void)
{
	return (struct policy){
		.fresh = DEMAND_REQUIRE,
		.channel = DEMAND_WARN,
		.has_vmpl = true,
		.vmpl = 0,
		.firmware_major = -1,
		.firmware_minor = -1,
		.firmware_build = -1,
		.provisional = DEMAND_WARN,
	};
}
