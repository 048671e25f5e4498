package dev.howdah.proxy;

import dev.howdah.proxy.sql.ListenStatements;
import dev.howdah.proxy.sql.SqlLexer;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.proxy.sql.StatementFacts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A text to prepare, as servers know it. Clients that prepare the same text under the same settings have the same one, under names of their own. */
final class Statement implements ProbeTable.Entry {
    /** What begins the names of statements on servers; clients cannot reach such names. */
    static final String NAME_PREFIX = "hd_";

    private static final int RADIX = 36;

    /** The name on every server. */
    final byte[] serverName;
    /** Everything in a Parse message behind the name: the text, its zero byte, the parameters' types. */
    final byte[] body;
    /** See {@link Reading}. */
    final long reading;

    /** Whether its text may notify somebody. */
    final boolean notifies;

    /** Whether its text may begin a transaction block. */
    final boolean mayBegin;

    /** Whether its columns are those of something else, such as a cursor; PostgreSQL lets them change from one use to the next. */
    final boolean borrowsColumns;

    final long id;
    final int hash;

    /** How many names of clients stand for it; kept by {@link StatementBook}, as are its neighbours among the unused. */
    int uses;

    @Nullable Statement older;

    @Nullable Statement newer;

    /** What it does to the session; null where its text is plain. */
    @Nullable StatementFacts facts;

    /** What a server has said of it last; null when none has. */
    @Nullable Description description;

    Statement(long id, byte[] body, long reading, int hash) {
        this.id = id;
        this.serverName = (NAME_PREFIX + Long.toString(id, RADIX)).getBytes(StandardCharsets.US_ASCII);
        this.body = body;
        var text = SqlText.decode(body, 0, body.length);
        this.notifies = ListenStatements.mayNotify(text);
        this.borrowsColumns = borrowsColumns(text);
        this.mayBegin = TransactionText.mayBegin(ByteBuffer.wrap(body), 0, body.length);
        this.reading = reading;
        this.hash = hash;
    }

    private static boolean borrowsColumns(String text) {
        var words = new SqlLexer(text, true);
        words.next();
        return words.is("FETCH") || words.is("EXECUTE");
    }

    @Override
    public int hash() {
        return hash;
    }
}
