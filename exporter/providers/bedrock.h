/*
 * What Bedrock's APIs have in common.
 */
#ifndef GT_BEDROCK_H
#define GT_BEDROCK_H

#include "exporter/providers/provider.h"

/* ".../model/{id}/{operation}": the model, and whether the operation is a stream. */
void gt_bedrock_take_model(struct gt_reading *r);

#endif
