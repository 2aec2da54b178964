#include "shim/shared/bpf.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif
#define BAD SECCOMP_RET_KILL_PROCESS

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
};

static bool load_word(const struct seccomp_data *data, uint32_t at, uint32_t *word)
{
	if (at % sizeof(*word) || at >= sizeof(*data))
		return false;
	memcpy(word, (const char *)data + at, sizeof(*word));
	return true;
}

static bool load(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data)
{
	uint32_t *to = BPF_CLASS(i->code) == BPF_LD ? &m->a : &m->x;

	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return load_word(data, i->k, to);
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		*to = i->k;
		return true;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
		*to = sizeof(*data);
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		if (i->k >= BPF_MEMWORDS)
			return false;
		*to = m->memory[i->k];
		return true;
	}
	return false;
}

static bool store(struct machine *m, const struct sock_filter *i)
{
	if (i->k >= BPF_MEMWORDS)
		return false;
	m->memory[i->k] = i->code == BPF_ST ? m->a : m->x;
	return i->code == BPF_ST || i->code == BPF_STX;
}

/* Division by zero ends a program with the result 0, which is SECCOMP_RET_KILL_THREAD. */
static bool compute(struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		m->a += v;
		break;
	case BPF_SUB:
		m->a -= v;
		break;
	case BPF_MUL:
		m->a *= v;
		break;
	case BPF_DIV:
		if (!v)
			return false;
		m->a /= v;
		break;
	case BPF_OR:
		m->a |= v;
		break;
	case BPF_AND:
		m->a &= v;
		break;
	case BPF_XOR:
		m->a ^= v;
		break;
	case BPF_LSH:
		m->a <<= v & 31;
		break;
	case BPF_RSH:
		m->a >>= v & 31;
		break;
	case BPF_NEG:
		m->a = -m->a;
		break;
	default:
		return false;
	}
	return true;
}

/* How many instructions a jump skips. */
static uint32_t jump(const struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool is_true;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		is_true = m->a == v;
		break;
	case BPF_JGT:
		is_true = m->a > v;
		break;
	case BPF_JGE:
		is_true = m->a >= v;
		break;
	case BPF_JSET:
		is_true = (m->a & v) != 0;
		break;
	default:
		return UINT32_MAX;
	}
	return is_true ? i->jt : i->jf;
}

uint32_t gt_bpf_run(const struct sock_filter *program, uint32_t n, const struct seccomp_data *data)
{
	struct machine m = { 0 };
	uint64_t skip;

	for (uint64_t at = 0; at < n; at++) {
		const struct sock_filter *i = &program[at];
		bool good = true;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
		case BPF_LDX:
			good = load(&m, i, data);
			break;
		case BPF_ST:
		case BPF_STX:
			good = store(&m, i);
			break;
		case BPF_ALU:
			good = compute(&m, i);
			break;
		case BPF_JMP:
			skip = jump(&m, i);
			at += skip;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(i->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
		if (!good)
			return BAD;
	}
	return BAD; /* the end without BPF_RET */
}
