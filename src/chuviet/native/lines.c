/* The directions that chuviet/reading/stacked.py looks along; what each step is for is explained there. */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 256 /* rows or columns */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* `_unruled`, of `count` numbers: without the one that `level` of them are below. Most rows have so many zeros that it
 * is zero. */
static void unrule(float *values, int64_t count, int64_t level)
{
    float sorted[MAX_SIDE], ruled;
    int64_t inked = 0, i;
    for (i = 0; i < count; i++)
        inked += values[i] > 0;
    if (inked < count - level)
        return;
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_floats);
    ruled = sorted[level];
    for (i = 0; i < count; i++)
        values[i] = values[i] > ruled ? values[i] - ruled : 0;
}

/* An image by columns, each between `height` zeros above and below, and where it has ink. */
typedef struct {
    int64_t height, width;
    float *columns;
    uint8_t *inked;
} Ink;

/* The rows' ink along one direction; `fall`: how much further down each column is met. */
static void sum_rows(const Ink *ink, const int32_t *fall, int64_t level, double *sums)
{
    int64_t height = ink->height, row, i;
    int16_t counts[MAX_SIDE];
    for (row = 0; row < height; row++) {
        sums[row] = 0;
        counts[row] = 0;
    }
    for (i = 0; i < ink->width; i++) {
        int64_t start = (3 * i + 1) * height + fall[i];
        const float *column = ink->columns + start;
        const uint8_t *inked = ink->inked + start;
        for (row = 0; row < height; row++)
            sums[row] += column[row];
        for (row = 0; row < height; row++)
            counts[row] = (int16_t)(counts[row] + inked[row]);
    }
    for (row = 0; row < height; row++) {
        float along[MAX_SIDE];
        if (counts[row] < ink->width - level)
            continue;
        for (i = 0; i < ink->width; i++)
            along[i] = ink->columns[(3 * i + 1) * height + fall[i] + row];
        unrule(along, ink->width, level);
        sums[row] = 0;
        for (i = 0; i < ink->width; i++)
            sums[row] += along[i];
    }
}

static int64_t count_below(const double *rising, int64_t count, double bound)
{
    int64_t i = 0;
    while (i < count && rising[i] < bound)
        i++;
    return i;
}

/* `_least_gap`, of one direction. */
static double least_gap(const double *sums, int64_t height, double share, double alike)
{
    double profile[MAX_SIDE], mass[MAX_SIDE], below[MAX_SIDE], above = 0, whole = 0, least = 1;
    int64_t i;
    for (i = 0; i < height; i++) {
        double beside = (i > 0 ? sums[i - 1] : 0) + (i + 1 < height ? sums[i + 1] : 0);
        profile[i] = beside / 4 + sums[i] / 2;
        mass[i] = whole += profile[i];
    }
    below[height - 1] = profile[height - 1]; /* the fullest from each row on */
    for (i = height - 2; i >= 0; i--)
        below[i] = profile[i] > below[i + 1] ? profile[i] : below[i + 1];
    for (i = 0; i < height - height / 8; i++) {
        double before = above, fullest; /* of the rows above */
        above = profile[i] > above ? profile[i] : above;
        fullest = before < below[i + 1] ? before : below[i + 1];
        if (i >= height / 8 && fullest > 0) {
            double over = mass[i], rest = whole - over, lesser = over < rest ? over : rest;
            int64_t high = count_below(mass, height, 0.95 * over) - count_below(mass, height, 0.05 * over) + 1;
            int64_t low = count_below(mass, height, 0.05 * over + 0.95 * whole) -
                          count_below(mass, height, 0.95 * over + 0.05 * whole) + 1;
            int64_t lower = high < low ? high : low, higher = high < low ? low : high;
            int fits = lesser >= share * whole && (double)lower >= alike * (double)higher;
            if (fits && profile[i] / fullest < least)
                least = profile[i] / fullest;
        }
    }
    return least;
}

int chuviet_gap_between_lines(const float *image, int64_t height, int64_t width, const int32_t *falls,
                              int64_t directions, const int64_t *levels, double share, double alike, double *gap)
{
    Ink ink;
    double sums[MAX_SIDE];
    int64_t i, row, cells = 3 * height * width;
    if (height < 8 || height > MAX_SIDE || width < 1 || width > MAX_SIDE || directions < 0 || levels[0] < 0 ||
        levels[0] >= height || levels[1] < 0 || levels[1] >= width)
        return BAD_ARGUMENT;
    for (i = 0; i < directions * width; i++)
        if (falls[i] < -height || falls[i] > height)
            return BAD_ARGUMENT;
    ink.height = height;
    ink.width = width;
    ink.columns = calloc((size_t)cells, sizeof *ink.columns);
    ink.inked = calloc((size_t)cells, sizeof *ink.inked);
    if (!ink.columns || !ink.inked) {
        free(ink.columns);
        free(ink.inked);
        return NO_MEMORY;
    }
    for (i = 0; i < width; i++) {
        float *column = ink.columns + (3 * i + 1) * height;
        for (row = 0; row < height; row++)
            column[row] = image[row * width + i];
        unrule(column, height, levels[0]);
        for (row = 0; row < height; row++)
            ink.inked[(3 * i + 1) * height + row] = column[row] > 0;
    }
    *gap = 1;
    for (i = 0; i < directions; i++) {
        double found;
        sum_rows(&ink, falls + i * width, levels[1], sums);
        found = least_gap(sums, height, share, alike);
        if (found < *gap)
            *gap = found;
    }
    free(ink.columns);
    free(ink.inked);
    return OK;
}
