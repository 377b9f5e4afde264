/*
 * The page as an answer, with the headers that guard it.
 *
 * Its policy names its own script and style by their hashes, so nothing that comes into the page
 * later can be one; its own server alone may be asked, and it may not stand in another's frame.
 */
#include <stdlib.h>

#include "gateway/exchange.h"
#include "gateway/report.h"

static bool guard(struct MHD_Response *response)
{
    static const char *const headers[][2] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
    };
    char *policy = trp_page_policy();
    bool good = policy && MHD_add_response_header(response, "Content-Security-Policy", policy);
    for (size_t i = 0; good && i < sizeof headers / sizeof *headers; i++)
        good = MHD_add_response_header(response, headers[i][0], headers[i][1]);
    free(policy);
    return good;
}

static struct MHD_Response *of_page(void)
{
    size_t bytes = (size_t)(trp_page_end - trp_page);
    return MHD_create_response_from_buffer(bytes, (void *)trp_page, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *of_report(json_t *data)
{
    size_t bytes = 0;
    char *text = trp_report_text(data, &bytes);
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(text);
    return response;
}

/* None rather than one without its guards. */
struct MHD_Response *trp_response_page(json_t *data)
{
    struct MHD_Response *response = data ? of_report(data) : of_page();
    if (response && !guard(response)) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}
