/*
 * The page's text, as it stands in page.html, in the library.
 */
#include "gateway/report.h"

/* The assembler finds it by the directories for includes. */
__asm__(".pushsection .rodata\n"
        ".globl trp_page\n"
        ".hidden trp_page\n"
        "trp_page:\n"
        ".incbin \"gateway/page.html\"\n"
        ".globl trp_page_end\n"
        ".hidden trp_page_end\n"
        "trp_page_end:\n"
        ".byte 0\n"
        ".popsection\n");
