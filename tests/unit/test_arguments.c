#include "support/test.h"

#include "shim/arguments.h"

static void test_arguments_are_kept_as_they_were(void **state)
{
	char first[] = "python", second[] = "agent.py";
	char *argv[] = { first, second, NULL };

	(void)state;
	gt_arguments_keep(argv);
	memset(first, 'x', sizeof(first) - 1);
	second[0] = 0;
	argv[1] = NULL;
	assert_string_equal(gt_arguments()[0], "python");
	assert_string_equal(gt_arguments()[1], "agent.py");
	assert_null(gt_arguments()[2]);
}

static void test_arguments_may_be_missing(void **state)
{
	char *none[] = { NULL };

	(void)state;
	gt_arguments_keep(none);
	assert_null(gt_arguments());
	gt_arguments_keep(NULL);
	assert_null(gt_arguments());
}

static void test_arguments_are_bounded(void **state)
{
	static char word[GT_ARGUMENT_LONG], code[100000];
	char *many[GT_ARGUMENTS_MAX + 9] = { NULL };

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	memset(code, 'c', sizeof(code) - 1);
	for (size_t i = 0; i + 1 < GT_ROWS(many); i++)
		many[i] = (char *)"x";
	gt_arguments_keep(many);
	assert_string_equal(gt_arguments()[GT_ARGUMENTS_MAX - 1], "x");
	assert_null(gt_arguments()[GT_ARGUMENTS_MAX]);

	/* the program after a long list of folders is still there */
	gt_arguments_keep((char *[]){ (char *)"java", (char *)"-cp", code, (char *)"Main", NULL });
	assert_int_equal(strlen(gt_arguments()[2]), GT_ARGUMENT_CUT);
	assert_string_equal(gt_arguments()[3], "Main");

	for (size_t i = 0; i + 1 < GT_ROWS(many); i++)
		many[i] = word;
	gt_arguments_keep(many);
	assert_string_equal(gt_arguments()[GT_ARGUMENTS_ROOM / GT_ARGUMENT_LONG - 1], word);
	assert_null(gt_arguments()[GT_ARGUMENTS_ROOM / GT_ARGUMENT_LONG]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_arguments_are_kept_as_they_were),
		GT_TEST(test_arguments_may_be_missing),
		GT_TEST(test_arguments_are_bounded),
	};

	return GT_TESTS(tests);
}
