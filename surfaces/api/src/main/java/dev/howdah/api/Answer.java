package dev.howdah.api;

import java.util.Optional;

/**
 * What a route answers.
 *
 * @param body written as JSON, unless it is {@link Raw}; nothing when empty
 * @param kept what is kept for a repetition of the same request: the body without what may be shown only once
 */
record Answer(int status, Optional<Object> body, Optional<Object> kept) {
    /** A body that is text already. */
    record Raw(String mediaType, String text) {}

    static Answer ok(Object body) {
        return new Answer(200, Optional.of(body), Optional.of(body));
    }

    static Answer created(Object body) {
        return new Answer(201, Optional.of(body), Optional.of(body));
    }

    static Answer accepted() {
        return new Answer(202, Optional.empty(), Optional.empty());
    }

    static Answer nothing() {
        return new Answer(204, Optional.empty(), Optional.empty());
    }

    static Answer plain(int status, String text) {
        Object body = new Raw("text/plain", text + "\n");
        return new Answer(status, Optional.of(body), Optional.of(body));
    }

    /** The same answer, of which only {@code keptBody} is kept. */
    Answer keeping(Object keptBody) {
        return new Answer(status, body, Optional.of(keptBody));
    }
}
