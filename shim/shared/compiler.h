/* Compiler attributes. */
#ifndef GT_COMPILER_H
#define GT_COMPILER_H

#define GT_EXPORT	__attribute__((visibility("default")))
#define GT_COLD		__attribute__((cold, noinline))
#define GT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define GT_MUST_USE	__attribute__((warn_unused_result))
#define GT_UNUSED	__attribute__((unused))
#define GT_ALIGNED(n)	__attribute__((aligned(n)))

/* Thread-local data of a preload must be in the static TLS block: other TLS models may call malloc on first access. */
#define GT_TLS __thread __attribute__((tls_model("initial-exec")))

#define gt_likely(x)   __builtin_expect(!!(x), 1)
#define gt_unlikely(x) __builtin_expect(!!(x), 0)

#define GT_COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
