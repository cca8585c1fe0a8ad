#include "measure/cli/status.h"

const char *status_text(enum exit_class class)
{
	static const char *const texts[STATUS_COUNT] = {
		[EXIT_CLASS_WARNING] = "done; where a question was asked, the answer is yes",
		[EXIT_CLASS_NO] = "the answer is no",
		[EXIT_CLASS_USAGE] = "the command line cannot be carried out",
		[EXIT_CLASS_MALFORMED] = "the input is malformed, ambiguous, or of the wrong kind",
		[EXIT_CLASS_UNDECIDED] = "cannot decide: something that is needed is missing",
		[EXIT_CLASS_ENVIRONMENT] = "the system failed: files, permissions, memory, tools",
	};

	return texts[class];
}
