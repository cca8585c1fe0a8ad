#include "measure/cli/verbs.h"

const struct verb verb_build = {
	.name = "build",
	.summary = "an image from its parts, the same bytes each time",
	.group = GROUP_BUILD,
	.usage = "[FILE] -o DIR\n"
		 "KIND [OPTION...]",
	.otherwise = &verb_build_recipe,
	.run = verb_run_family,
};

const struct verb verb_sign = {
	.name = "sign",
	.summary = "an image with a certificate's key",
	.group = GROUP_BUILD,
	.usage = "KIND [OPTION...]",
	.run = verb_run_family,
};
