/*
 * Gives the files that are its arguments to a fuzzer's target, one after the other: for a compiler
 * that has no fuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int main(int argc, char **argv)
{
    static uint8_t data[1024 * 1024];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t bytes = fread(data, 1, sizeof data, file);
        fclose(file);
        /* On the heap and no longer than it is, so that a tool sees who reads on. */
        uint8_t *copy = malloc(bytes ? bytes : 1);
        for (size_t at = 0; copy && at < bytes; at++)
            copy[at] = data[at];
        LLVMFuzzerTestOneInput(copy, bytes);
        free(copy);
    }
    printf("%d inputs\n", argc - 1);
    return argc < 2;
}
