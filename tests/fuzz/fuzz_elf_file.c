/*
 * Input: a shared library as a file. It is cut from the end by as many bytes as the first two say, and read as before a
 * dlopen with RTLD_DEEPBIND. Strings must be in the file.
 */
#include "fuzz.h"
#include "shim/elf_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gt_elf_file f;
	const char *name;
	size_t cut;
	char *p;

	if (len < 2)
		return 0;
	cut = (size_t)data[0] << 8 | data[1];
	data += 2;
	len -= 2;
	len -= cut < len ? cut : len;
	p = fuzz_copy((const char *)data, len);
	if (gt_elf_file_read(&f, p, len)) {
		for (size_t i = 0; i < 64 && (name = gt_elf_file_string(&f, DT_NEEDED, i)); i++)
			FUZZ_CHECK(name >= p && name + strlen(name) < p + len);
		for (int part = 0; part < 2; part++)
			for (size_t i = 0; f.d.relocations[part] && i < f.d.n[part]; i++)
				if (gt_elf_file_symbol(&f, part, i, &name))
					FUZZ_CHECK(name >= p && name + strlen(name) < p + len);
		gt_dynamic_defines(&f.d, "curl_easy_perform");
		gt_dynamic_defines(&f.d, "a");
		gt_dynamic_defines(&f.d, "");
	}
	free(p);
	return 0;
}
