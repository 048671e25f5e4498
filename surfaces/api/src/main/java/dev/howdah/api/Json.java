package dev.howdah.api;

import com.fasterxml.jackson.annotation.Nulls;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * JSON in and out, with snake_case names. Reading is strict: an unknown or missing field, a value of another type, a field given twice and
 * anything after the document are refused with the place and the reason. Safe for use by many threads.
 */
final class Json {
    private static final JsonMapper OWN = new JsonMapper();

    private final JsonMapper mapper = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .changeDefaultNullHandling(nulls -> nulls.withContentNulls(Nulls.FAIL))
            .addModule(new SimpleModule("howdah").addDeserializer(String.class, new TextDeserializer()))
            .build();

    byte[] write(Object value) {
        return mapper.writeValueAsBytes(value);
    }

    /** An object that this platform wrote itself, such as the details of an audit entry. */
    Map<String, Object> object(String text) {
        return OWN.readValue(text, new TypeReference<>() {});
    }

    /** Reads a request's body; a bad one is a {@link Refusal} or {@link PlatformException} that says where and why. */
    <T> T read(byte[] body, Class<T> type) {
        try {
            return Optional.ofNullable(mapper.readValue(body, type)).orElseThrow(Json::noDocument);
        } catch (UnrecognizedPropertyException e) {
            throw unknownField(e);
        } catch (MismatchedInputException e) {
            throw wrongField(e);
        } catch (InputCoercionException e) {
            throw outOfRange(e);
        } catch (JacksonException e) {
            throw e.getCause() instanceof UnstorableText ? unstorable(e) : notJson(e);
        }
    }

    private static PlatformException noDocument() {
        return PlatformException.invalid("the request has no JSON document", "Send a JSON object.");
    }

    private static PlatformException outOfRange(InputCoercionException e) {
        return new PlatformException(
                SqlState.INVALID_PARAMETER_VALUE,
                "field \"%s\" is out of range%s".formatted(field(e), place(e)),
                "Send a smaller number.",
                e);
    }

    private static PlatformException unstorable(JacksonException e) {
        return new PlatformException(
                SqlState.INVALID_PARAMETER_VALUE,
                "field \"%s\" holds a zero character or half a surrogate pair".formatted(field(e)),
                "PostgreSQL cannot store either; leave it out.",
                e);
    }

    private static PlatformException unknownField(UnrecognizedPropertyException e) {
        var known = e.getKnownPropertyIds();
        var fields = known == null || known.isEmpty()
                ? "none"
                : known.stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
        return new PlatformException(
                SqlState.INVALID_PARAMETER_VALUE,
                "unknown field \"%s\"%s".formatted(e.getPropertyName(), place(e)),
                "The fields are: %s.".formatted(fields),
                e);
    }

    private static PlatformException wrongField(MismatchedInputException e) {
        var field = field(e);
        if (e.getCurrentToken() == JsonToken.VALUE_NULL || isMissing(e)) {
            return new PlatformException(
                    SqlState.INVALID_PARAMETER_VALUE, "field \"%s\" is missing".formatted(field), "It is required.", e);
        }
        var what = field.isEmpty() ? "the document" : "field \"%s\"".formatted(field);
        return new PlatformException(
                SqlState.INVALID_PARAMETER_VALUE,
                "%s must be %s%s".formatted(what, expected(e), place(e)),
                "GET /v1/openapi.json has the schema.",
                e);
    }

    /** A required field that is absent is only found at the closing brace, so the parser stands there and not on a value. */
    private static boolean isMissing(MismatchedInputException e) {
        return e.getMessage() != null && e.getMessage().contains("creator property");
    }

    private static String expected(MismatchedInputException e) {
        var type = e.getTargetType();
        if (type == null || type.isRecord()) {
            return "an object";
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        return Number.class.isAssignableFrom(type) || type.isPrimitive() ? "a whole number" : "a list";
    }

    private static Refusal notJson(JacksonException e) {
        return Refusal.badRequest(
                "syntax_error", "the body is not JSON%s: %s".formatted(place(e), reason(e)), "Send a JSON object.");
    }

    private static String reason(JacksonException e) {
        var message = String.valueOf(e.getOriginalMessage());
        var end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static String place(JacksonException e) {
        var location = e.getLocation();
        return location == null || location.getLineNr() < 1
                ? ""
                : " at line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
    }

    private static String field(JacksonException e) {
        return e.getPath().stream()
                .map(reference -> reference.getPropertyName() == null
                        ? "[" + reference.getIndex() + "]"
                        : reference.getPropertyName())
                .collect(Collectors.joining("."))
                .replace(".[", "[");
    }

    /** Text that PostgreSQL can hold: a JSON string, and not one with a zero character or half a surrogate pair. */
    private static final class TextDeserializer extends StdScalarDeserializer<String> {
        TextDeserializer() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser parser, DeserializationContext context) {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                return (String) context.handleUnexpectedToken(String.class, parser);
            }
            var text = parser.getString();
            if (!Text.isStorable(text)) {
                throw new UnstorableText();
            }
            return text;
        }
    }

    /** A string that PostgreSQL cannot store; the field it stood in is known only further out. */
    private static final class UnstorableText extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
