/* Executes programs that come on standard input, and writes what arena and memory then hold.
 *
 * For each: level, steps, floats of the arena, bytes of data, layers, keys, past, width, heads
 * (int32); the steps, with offsets into the data instead of addresses; data, arena, memory. */
#include "edge.h"

#include <stdio.h>
#include <stdlib.h>

static void *taken(size_t bytes) {
    void *place = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!place || fread(place, 1, bytes, stdin) != bytes) exit(3);
    return place;
}

#define MOVE(field) step->field = (const void *)(data + (size_t)step->field)

int main(void) {
    int32_t head[9];
    while (fread(head, sizeof head, 1, stdin) == 1) {
        size_t floats = (size_t)head[2] * sizeof(float);
        size_t bytes = (size_t)head[4] * head[5] * head[7];
        size_t scales = (size_t)head[4] * head[5] * head[8] * sizeof(float);
        edge_step *program = taken((size_t)head[1] * sizeof(edge_step));
        uint8_t *data = taken((size_t)head[3]);
        float *arena = taken(floats);
        edge_memory memory = {head[5], head[6], head[7], head[8], 0, 0, 0, 0};
        memory.keys = taken(bytes);
        memory.values = taken(bytes);
        memory.key_scales = taken(scales);
        memory.value_scales = taken(scales);
        for (int32_t i = 0; i < head[1]; i++) {
            edge_step *step = &program[i];
            MOVE(scales);
            MOVE(bias);
            MOVE(sums);
            MOVE(bitmap);
            MOVE(blocks);
        }
        void *scratch = aligned_alloc(64, (size_t)edge_scratch(program, head[1], head[5]) + 64);
        if (edge_run(head[0], program, head[1], arena, &memory, scratch)) return 4;
        fwrite(arena, 1, floats, stdout);
        fwrite(memory.keys, 1, bytes, stdout);
        fwrite(memory.values, 1, bytes, stdout);
        fwrite(memory.key_scales, 1, scales, stdout);
        fwrite(memory.value_scales, 1, scales, stdout);
    }
    return 0;
}
