/* The edit distances of chuviet/language/edits.py. */
#include "native.h"

#include <stdlib.h>

/* The table of Wagner and Fischer, of which one column is kept: `column[i]` is the distance of the first i letters of the
 * text to the beginning of the name that was looked at so far. */
int chuviet_edit_distances(const uint32_t *text, int64_t size, const uint32_t *letters, const int64_t *lengths,
                           int64_t count, int64_t *distances)
{
    int64_t *column, name, i, j;
    if (size < 0 || count < 0)
        return BAD_ARGUMENT;
    column = malloc(((size_t)size + 1) * sizeof *column);
    if (!column)
        return NO_MEMORY;
    for (name = 0; name < count; name++) {
        for (i = 0; i <= size; i++)
            column[i] = i;
        for (j = 0; j < lengths[name]; j++) {
            uint32_t letter = *letters++;
            int64_t before = column[0];
            column[0] = j + 1;
            for (i = 1; i <= size; i++) {
                int64_t least = before + (text[i - 1] != letter);
                before = column[i];
                if (before + 1 < least)
                    least = before + 1;
                if (column[i - 1] + 1 < least)
                    least = column[i - 1] + 1;
                column[i] = least;
            }
        }
        distances[name] = column[size];
    }
    free(column);
    return OK;
}
