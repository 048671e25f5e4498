package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.DataRow;
import dev.howdah.wire.BackendMessage.EmptyQueryResponse;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.RowDescription;
import dev.howdah.wire.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects the messages of one result after the other. */
final class RowsReader {
    /** What one query may return; more belongs into COPY. */
    private static final long RESULT_BYTES_MAX = 64L * 1024 * 1024;

    private List<String> columns = List.of();
    private List<List<Optional<String>>> rows = new ArrayList<>();
    private long bytes;

    /** Takes the next message of a result; present with the message that ends it. */
    Optional<Rows> accept(BackendMessage message) {
        switch (message) {
            case RowDescription(var fields) ->
                columns = fields.stream().map(Field::name).toList();
            case DataRow(var values) -> add(values);
            case CommandComplete(var tag) -> {
                return Optional.of(finished(tag));
            }
            case EmptyQueryResponse() -> {
                return Optional.of(finished(""));
            }
            case BackendMessage other -> throw Login.unexpected(other);
        }
        return Optional.empty();
    }

    private void add(List<Optional<ByteString>> values) {
        bytes += values.stream()
                .mapToLong(value -> value.map(ByteString::size).orElse(0))
                .sum();
        if (bytes > RESULT_BYTES_MAX) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "the result of an administrative query is larger than %d bytes".formatted(RESULT_BYTES_MAX),
                    "Use COPY.");
        }
        rows.add(values.stream().map(value -> value.map(ByteString::toUtf8)).toList());
    }

    private Rows finished(String tag) {
        var result = new Rows(columns, rows, tag);
        columns = List.of();
        rows = new ArrayList<>();
        return result;
    }
}
