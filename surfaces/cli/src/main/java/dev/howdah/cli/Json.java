package dev.howdah.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** JSON as the API writes it. Loaded only by commands that need it: it is what takes longest to load. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_ABSENT))
            // A newer platform may say more than this program knows.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}

    static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw CliFailure.failure(
                    "bad_answer", "the API sent what is not JSON", "Is it Howdah's API that listens there?");
        }
    }

    static <T> T to(JsonNode node, Class<T> type) {
        try {
            return MAPPER.treeToValue(node, type);
        } catch (JacksonException e) {
            throw CliFailure.failure(
                    "bad_answer",
                    "the API sent a %s that this program cannot read: %s"
                            .formatted(type.getSimpleName(), e.getOriginalMessage()),
                    "The platform may run an older or newer version; see howdah version.");
        }
    }

    static <T> List<T> to(List<JsonNode> nodes, Class<T> type) {
        return nodes.stream().map(node -> to(node, type)).toList();
    }

    static JsonNode of(Object value) {
        return MAPPER.valueToTree(value);
    }

    static String pretty(Object value) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    }

    static String compact(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
