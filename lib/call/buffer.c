/*
 * Buffers that calls hand over: see troupe/buffer.h.
 */
#include "troupe/buffer.h"

#include "base/buffer.h"
#include "troupe/method.h"
#include "troupe/status.h"

void *troupe_buffer(size_t bytes)
{
    struct trp_buffer *buffer = trp_buffer_new(bytes);
    return buffer ? buffer->data : NULL;
}

const void *troupe_give(const void *buffer)
{
    if (!trp_buffer_give(buffer))
        troupe_fail(TROUPE_INVALID, "troupe_give of %p, where no buffer of troupe_buffer begins "
                    "that is not given away already", buffer);
    return buffer;
}

const void *troupe_keep(const void *buffer)
{
    if (!trp_buffer_keep(buffer))
        troupe_fail(TROUPE_INVALID, "troupe_keep of %p, where no buffer of troupe_buffer begins",
                    buffer);
    return buffer;
}

void troupe_release(const void *buffer)
{
    if (buffer && !trp_buffer_release(buffer))
        troupe_fail(TROUPE_INVALID, "troupe_release of %p, where no buffer of troupe_buffer begins "
                    "that is not given away already", buffer);
}
