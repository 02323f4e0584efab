/* The sums over alignments and the likeliest alignment of chuviet/decode/alignment.py. */
#include "native.h"

#include <math.h>
#include <stdlib.h>

static int are_ids(const int32_t *ids, int64_t count, int64_t classes)
{
    int64_t i;
    for (i = 0; i < count; i++)
        if (ids[i] < 0 || ids[i] >= classes - 1)
            return 0;
    return 1;
}

int chuviet_sum_alignments(const Frames *frames, const int32_t *ids, int64_t count, int64_t rescale, double smallest,
                           double *scales, int64_t stride, double *last)
{
    int64_t states = 2 * count + 1, t, i;
    double *forward; /* two cells that stay zero, then the states */
    enum status status = OK;
    if (frames->count < 0 || frames->classes < 1 || count < 0 || rescale < 1 || !are_ids(ids, count, frames->classes))
        return BAD_ARGUMENT;
    forward = calloc((size_t)states + 2, sizeof(double));
    if (!forward)
        return NO_MEMORY;
    forward[1] = 1;
    for (t = 0; t < frames->count; t++) {
        double blank = value_at(frames, t, 0);
        for (i = count; i >= 0; i--) { /* the blank behind character i - 1, then that character */
            double *cell = forward + 2 + 2 * i;
            cell[0] = (cell[0] + cell[-1]) * blank;
            if (i > 0) {
                double skipped = (i == 1 || ids[i - 1] != ids[i - 2]) ? cell[-3] : 0.0;
                cell[-1] = (cell[-1] + (skipped + cell[-2])) * value_at(frames, t, ids[i - 1] + 1);
            }
        }
        forward[1] = 0;
        if ((t + 1) % rescale == 0) {
            double scale = 0, divisor;
            for (i = 2; i < states + 2; i++) {
                if (forward[i] > scale)
                    scale = forward[i];
                if (isnan(forward[i]))
                    status = ODD;
            }
            divisor = scale > smallest ? scale : smallest;
            for (i = 2; i < states + 2; i++)
                forward[i] /= divisor;
            scales[(t + 1) / rescale * stride] = scale;
        }
    }
    *last = forward[states + 1] + forward[states];
    if (isnan(*last))
        status = ODD;
    free(forward);
    return status;
}

int chuviet_align(const Frames *frames, const int32_t *ids, int64_t count, int64_t *path)
{
    int64_t states = 2 * count + 1, t, i, state;
    double *scores; /* two cells that nothing reaches, then the states */
    unsigned char *steps;
    enum status status = OK;
    if (frames->count < 1 || frames->classes < 1 || count < 1 || !are_ids(ids, count, frames->classes))
        return BAD_ARGUMENT;
    if (states > INT64_MAX / frames->count || (uint64_t)states * (uint64_t)frames->count > SIZE_MAX)
        return NO_MEMORY;
    scores = malloc((size_t)(states + 2) * sizeof(double));
    steps = malloc((size_t)states * (size_t)frames->count); /* how many states back the path came from */
    if (!scores || !steps)
        status = NO_MEMORY;
    if (status == OK) {
        for (i = 0; i < states + 2; i++)
            scores[i] = -INFINITY;
        scores[1] = 0;
    }
    for (t = 0; t < frames->count && status == OK; t++) {
        for (i = states - 1; i >= 0; i--) {
            int written = (i & 1) != 0, skips = written && (i == 1 || ids[i / 2] != ids[i / 2 - 1]);
            double emitted = value_at(frames, t, written ? ids[i / 2] + 1 : 0);
            double stay = scores[i + 2], one = scores[i + 1], two = skips ? scores[i] : -INFINITY;
            unsigned char back = 0;
            if (!(emitted < INFINITY)) /* +infinity and NaN */
                status = ODD;
            if (one > stay || two > stay)
                back = two > one ? 2 : 1;
            steps[t * states + i] = back;
            scores[i + 2] = (back == 2 ? two : back == 1 ? one : stay) + emitted;
        }
        scores[1] = -INFINITY;
    }
    if (status == OK) {
        state = scores[states + 1] > scores[states] ? states - 1 : states - 2;
        if (scores[state + 2] == -INFINITY)
            status = NO_PATH;
        for (t = frames->count - 1; t >= 0 && status == OK; t--) {
            path[t] = state;
            state -= steps[t * states + state];
            if (state < 0 && t > 0) /* cannot be: before the first frame only, from the cell before the states */
                status = ODD;
        }
    }
    free(scores);
    free(steps);
    return status;
}
