package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.RowDescription;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DescriptionReaderTest {
    private static final int INT4 = 23;
    private static final int INT8 = 20;
    private static final Field A = new Field("a", 1000, 1, INT4, 4, -1, 0);

    private final StatementBook book = new StatementBook(7);
    private final Statement statement = book.use(ByteBuffer.wrap(new byte[] {'x', 0, 0, 0}), 0, 4, 0);
    private final DescriptionReader reader = new DescriptionReader(book);

    private static ByteBuffer encoded(BackendMessage message) {
        return BackendCodec.encode(message);
    }

    private Description described(List<Integer> parameters, ByteBuffer columns) {
        var copy = new ServerCopies().of(statement);
        var types = encoded(new ParameterDescription(parameters));
        reader.parameters(types, types.position(), types.limit());
        reader.columns(copy, columns, columns.position(), columns.limit());
        return Objects.requireNonNull(copy.description);
    }

    private Description described(Field... fields) {
        return described(List.of(INT4), encoded(new RowDescription(List.of(fields))));
    }

    /** One column, whose name is written in an encoding. */
    private Description named(String name, Charset encoding) {
        var bytes = name.getBytes(encoding);
        var message = ByteBuffer.allocate(1 + 4 + 2 + bytes.length + 1 + 18)
                .put((byte) 'T')
                .putInt(4 + 2 + bytes.length + 1 + 18)
                .putShort((short) 1)
                .put(bytes);
        return described(List.of(), message.rewind());
    }

    @Test
    void sameAnswerIsOneDescription() {
        var first = described(A);
        assertSame(first, described(A));
        assertSame(first, described(new Field("a", 2000, 5, INT4, 4, -1, 1)), "where a column is from says nothing");
        assertNotSame(first, described());
    }

    @Test
    void nameTypeModifierOrderAndNumberOfColumnsCount() {
        var first = described(A);
        var b = new Field("b", 1000, 2, INT4, 4, -1, 0);
        assertFalse(first.hasColumnsOf(described(b)));
        assertFalse(first.hasColumnsOf(described(new Field("a", 1000, 1, INT8, 8, -1, 0))));
        assertFalse(first.hasColumnsOf(described(new Field("a", 1000, 1, INT4, 4, 8, 0))));
        assertFalse(first.hasColumnsOf(described(A, A)));
        assertFalse(described(A, b).hasColumnsOf(described(b, A)));
        var none = new ServerCopies().of(statement);
        reader.noColumns(none);
        assertFalse(described().hasColumnsOf(Objects.requireNonNull(none.description)), "no columns are not no rows");
    }

    @Test
    void parametersAreThoseOfAParse() {
        var now = described(List.of(INT4, INT8), encoded(new RowDescription(List.of(A))));
        assertArrayEquals(new byte[] {0, 2, 0, 0, 0, INT4, 0, 0, 0, INT8}, now.parameters);
        assertFalse(now.hasParametersOf(described(A)));
        assertTrue(now.hasColumnsOf(described(A)));
        assertEquals(encoded(new ParameterDescription(List.of(INT4))), ByteBuffer.wrap(reader.parameters()));
    }

    @Test
    void laterAnswersAreNewer() {
        var one = described(A);
        var other = described();
        assertTrue(one.isOlderThan(other));
        var again = described(A);
        assertTrue(other.isOlderThan(again));
        assertTrue(again.is(one));
    }

    @Test
    void lettersBeyondAsciiCountInTheirOwnEncodingOnly() {
        var utf8 = named("größe", StandardCharsets.UTF_8);
        var latin1 = named("größe", StandardCharsets.ISO_8859_1);
        assertFalse(utf8.hasColumnsOf(named("länge", StandardCharsets.UTF_8)));
        assertFalse(utf8.hasColumnsOf(latin1));
        assertTrue(utf8.inAnyEncoding().hasColumnsOf(latin1));
        assertTrue(latin1.hasColumnsOf(utf8.inAnyEncoding()));
        assertFalse(utf8.inAnyEncoding().hasColumnsOf(named("a", StandardCharsets.UTF_8)));
        assertFalse(described(A).inAnyEncoding().hasColumnsOf(named("b", StandardCharsets.UTF_8)));
    }

    @Test
    void columnThatIsCutOffIsNoColumn() {
        var whole = encoded(new RowDescription(List.of(A)));
        for (var length = 8; length < whole.limit(); length++) {
            var cut = whole.duplicate().limit(length);
            assertThrows(FrameCursor.MalformedStreamException.class, () -> described(List.of(), cut));
        }
    }
}
