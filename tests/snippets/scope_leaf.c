/*
 * The copy of the host's library that a plugin brings along.
 *
 * cc: -O1 -shared -fPIC
 */
const char *leaf_version(void);
const char *leaf_version(void)
{
	return "the plugin's library's";
}
