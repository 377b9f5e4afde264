/*
 * The page: one HTML file, page.html, that is a part of the library.
 *
 * It must hold its own scripts and styles, in elements that begin with "<script" and "<style", and
 * an element `<script type="application/json" id="data"></script>` for the data of a report. Those
 * elements alone may do something: the policy that is sent with the page names them by a number
 * that is drawn anew each time, so that nothing that comes into the page later can be a script.
 */
#ifndef TRP_PAGE_H
#define TRP_PAGE_H

#include <jansson.h>
#include <microhttpd.h>
#include <stddef.h>

/* The page as a text from malloc, with data (NULL: none) and that nonce (NULL: for a file, which
   nobody serves); NULL: no memory. */
char *trp_page_text(json_t *data, const char *nonce, size_t *bytes);

/* As an answer, with the headers that guard it. */
struct MHD_Response *trp_page_response(json_t *data);

/* page.html, made into an array by lib/Makefile.mk. */
extern const char trp_page_html[];
extern const size_t trp_page_html_bytes;

#endif
