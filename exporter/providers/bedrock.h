/*
 * What Bedrock's APIs share. Pure.
 */
#ifndef GT_BEDROCK_H
#define GT_BEDROCK_H

#include "exporter/providers/provider.h"

/* Reads ".../model/{id}/{operation}" in the path: sets the model, and marks a stream when the operation ends in
 * "-stream". */
void gt_bedrock_take_model(struct gt_reading *r);

/* Reads what a usage object of converse has besides its four counts. */
void gt_bedrock_take_usage(struct gt_reading *r, const cJSON *usage);

#endif
