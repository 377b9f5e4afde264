#define _GNU_SOURCE
#include "argument.h"

#include <string.h>

#include "command.h"

static const json_t *type_of(const json_t *fields, const char *name)
{
    size_t i;
    json_t *field;
    json_array_foreach (fields, i, field) {
        const char *other = json_string_value(json_object_get(field, "name"));
        if (other && !strcmp(name, other))
            return json_object_get(field, "type");
    }
    return NULL;
}

static const char *kind_of(const json_t *type)
{
    const char *kind = json_string_value(json_object_get(type, "type"));
    return kind ? kind : "";
}

/* A span or array of characters or bytes, which may be written as a text. */
static bool is_octets(const json_t *type)
{
    const json_t *element = json_object_get(type, "element");
    const char *c = json_string_value(json_object_get(element, "c"));
    return (c && !strcmp(c, "char")) ||
           (!strcmp(kind_of(element), "uint") &&
            json_integer_value(json_object_get(element, "bits")) == 8);
}

static bool is_list(const char *kind)
{
    return !strcmp(kind, "span") || !strcmp(kind, "array");
}

/* Texts are what JSON says is one, and all that is no JSON of the other forms they have. */
static json_t *read_text(const json_t *type, const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_string(value) || json_object_get(value, "base64") ||
        (json_is_array(value) && is_octets(type)))
        return value;
    json_decref(value);
    return json_string(text);
}

/* Of numbers, what JSON cannot say (NaN) or jansson cannot read (2^64 - 1) goes as a text. */
static json_t *read_value(const json_t *type, const char *text)
{
    const char *kind = kind_of(type);
    if (!strcmp(kind, "handle"))
        return strcmp(text, "null") ? json_string(text) : json_null();
    if (!strcmp(kind, "string") || !strcmp(kind, "bytes") || is_octets(type))
        return read_text(type, text);
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    bool must_be_json = is_list(kind) || !strcmp(kind, "struct");
    return value || must_be_json ? value : json_string(text);
}

static bool read_one(json_t *into, char *argument, const json_t *fields)
{
    char *equals = strchr(argument, '=');
    if (!equals || equals == argument) {
        complain(MISUSED, "'%s' is not FIELD=VALUE", argument);
        return false;
    }
    *equals = 0;
    json_t *value = read_value(type_of(fields, argument), equals + 1);
    if (!value)
        complain(MISUSED, "%s: '%s' is no JSON that can be read, or no UTF-8", argument,
                 equals + 1);
    else if (json_object_get(into, argument))
        complain(MISUSED, "%s is given twice", argument);
    else if (json_object_set(into, argument, value))
        complain(MISUSED, "'%s' is no name of a field", argument);
    else {
        json_decref(value);
        return true;
    }
    json_decref(value);
    return false;
}

json_t *arguments_read(int argc, char **argv, const json_t *fields)
{
    json_t *arguments = json_object();
    for (int i = 0; i < argc; i++)
        if (!read_one(arguments, argv[i], fields)) {
            json_decref(arguments);
            return NULL;
        }
    return arguments;
}
