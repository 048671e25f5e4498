package dev.howdah.proxy;

import dev.howdah.proxy.TransactionText.End;
import dev.howdah.proxy.sql.SqlText;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BindComplete;
import dev.howdah.wire.BackendMessage.CloseComplete;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NoData;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.ParseComplete;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.Diagnostic;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A pooled client that has lost its server in the middle of something, until it can go on with another. Everything that it is owed an answer for
 * is answered with the loss. A transaction block that was lost stays one to the client: as in a failed one nothing runs until it is ended, so that
 * the rest of it never runs by itself on another server.
 */
final class LostServer {
    private static final int HEADER_BYTES = 5;
    private static final int TEXT_BYTES_MAX = 1 << 20;
    private static final String FAILED_BLOCK = "25P02";
    private static final String GONE = "08006";
    private static final String HINT =
            "The connection stays open: retry the transaction; if its COMMIT was under way, check first what became of it.";

    private static final Diagnostic NOTHING_LOST = Diagnostic.of(Diagnostic.Severity.ERROR, GONE, "");

    private final String branch;
    private final StatementCarrier statements;
    private final Consumer<ByteBuffer> toClient;

    private Diagnostic loss = NOTHING_LOST;
    private boolean inBlock;
    private boolean told;
    private boolean skipping;
    private boolean roundOpen;
    private End unnamed = End.NONE;
    private End portal = End.NONE;

    LostServer(String branch, StatementCarrier statements, Consumer<ByteBuffer> toClient) {
        this.branch = branch;
        this.statements = statements;
        this.toClient = toClient;
    }

    /**
     * The server is gone, and the client is between two messages.
     *
     * @param goodbye what the server has said at its end
     * @param kept what of the client's session is lost with it; empty when nothing is
     */
    void begin(Conversation conversation, Optional<Diagnostic> goodbye, String kept) {
        inBlock = conversation.mayBeInBlock();
        var what = kept.isEmpty() ? "" : "; session state is lost: " + kept;
        loss = Diagnostic.of(
                        Diagnostic.Severity.ERROR,
                        goodbye.map(Diagnostic::code).orElse(GONE),
                        goodbye.map(Diagnostic::message).orElse("the server of branch %s is gone".formatted(branch))
                                + what)
                .withHint(HINT);
        unnamed = End.NONE;
        portal = End.NONE;
        roundOpen = false;
        told = false;
        for (var rounds = conversation.roundsOpen(); rounds > 0; rounds--) {
            tell(error(), ready());
        }
        skipping = conversation.roundBegun();
        if (skipping || (!told && !inBlock && !kept.isEmpty())) {
            tell(error());
        }
    }

    /** Whether the client cannot use another server yet. */
    boolean isActive() {
        return inBlock || skipping || roundOpen;
    }

    /** Whether the client believes itself inside a transaction block. */
    boolean inBlock() {
        return inBlock;
    }

    private void tell(BackendMessage... messages) {
        for (var message : messages) {
            told = told || message instanceof ErrorResponse;
        }
        toClient.accept(Replies.of(messages));
    }

    /** The first time the loss itself, which clients know to retry; afterwards what a failed transaction says. */
    private BackendMessage error() {
        return new ErrorResponse(
                told && inBlock
                        ? Diagnostic.of(
                                        Diagnostic.Severity.ERROR,
                                        FAILED_BLOCK,
                                        "current transaction is aborted, commands ignored until end of transaction block: "
                                                + loss.message())
                                .withHint(HINT)
                        : loss);
    }

    private BackendMessage ready() {
        return new ReadyForQuery(inBlock ? TransactionStatus.FAILED : TransactionStatus.IDLE);
    }

    /** What becomes of the client's next message; only while {@link #isActive}. STREAM means that it is for another server. */
    FramePump.Take take(byte tag, int bodyBytes) {
        switch (tag) {
            case 'S' -> {
                skipping = false;
                roundOpen = false;
                tell(ready());
            }
            case 'd', 'c', 'f', 'H' -> {}
            default -> {
                if (!skipping) {
                    return begun(tag, bodyBytes);
                }
            }
        }
        return FramePump.Take.DROP;
    }

    private FramePump.Take begun(byte tag, int bodyBytes) {
        if (!inBlock) {
            roundOpen = false; // what is left of the round in which the block was ended
            return FramePump.Take.STREAM;
        }
        if (tag != 'F' && bodyBytes <= TEXT_BYTES_MAX) {
            return FramePump.Take.WHOLE;
        }
        refuse(tag);
        return FramePump.Take.DROP;
    }

    /** Answers a message with the loss. */
    void refuse(byte tag) {
        if (skipping) {
            return;
        }
        if (tag == 'Q' || tag == 'F') {
            tell(error(), ready());
        } else {
            tell(error());
            skipping = true;
        }
    }

    /** A message from its tag to its last byte. */
    void whole(byte tag, ByteBuffer message) {
        if (skipping) {
            return;
        }
        switch (tag) {
            case 'Q' -> query(TransactionText.end(SqlText.ofQuery(message)));
            case 'P' -> parse(message);
            case 'B' -> bind(message);
            case 'D' -> describe(message);
            case 'E' -> execute();
            case 'C' -> close(message);
            default -> refuse(tag);
        }
    }

    private void query(End end) {
        if (end == End.NONE || isUntoldCommit(end)) {
            inBlock = inBlock && end == End.NONE;
            tell(error(), ready());
        } else {
            inBlock = false;
            tell(new CommandComplete("ROLLBACK"), ready());
        }
    }

    /** A client that knows of nothing must not take the answer to its COMMIT for success. */
    private boolean isUntoldCommit(End end) {
        return end == End.COMMIT && !told;
    }

    private void parse(ByteBuffer message) {
        var nameEnd = OrdinaryRules.endOfText(message, HEADER_BYTES, message.limit());
        var sqlEnd = nameEnd < 0 ? -1 : OrdinaryRules.endOfText(message, nameEnd + 1, message.limit());
        var end = sqlEnd < 0
                ? End.NONE
                : TransactionText.end(SqlText.decode(message.slice(nameEnd + 1, sqlEnd - nameEnd - 1)));
        if (end == End.NONE || (nameEnd > HEADER_BYTES && !statements.note(message, nameEnd))) {
            refuse((byte) 'P');
            return;
        }
        if (nameEnd == HEADER_BYTES) {
            unnamed = end;
        }
        tell(new ParseComplete());
    }

    private End named(ByteBuffer message, int from) {
        var nameEnd = OrdinaryRules.endOfText(message, from, message.limit());
        if (nameEnd <= from) {
            return nameEnd < 0 ? End.NONE : unnamed;
        }
        return statements.text(message, from, nameEnd).map(TransactionText::end).orElse(End.NONE);
    }

    private void bind(ByteBuffer message) {
        var portalEnd = OrdinaryRules.endOfText(message, HEADER_BYTES, message.limit());
        portal = portalEnd < 0 ? End.NONE : named(message, portalEnd + 1);
        if (portal == End.NONE) {
            refuse((byte) 'B');
        } else {
            tell(new BindComplete());
        }
    }

    private void describe(ByteBuffer message) {
        var ofStatement = message.limit() > HEADER_BYTES && message.get(HEADER_BYTES) == 'S';
        var end = ofStatement ? named(message, HEADER_BYTES + 1) : portal;
        if (end == End.NONE) {
            refuse((byte) 'D');
        } else if (ofStatement) {
            tell(new ParameterDescription(List.of()), new NoData());
        } else {
            tell(new NoData());
        }
    }

    private void execute() {
        if (portal == End.NONE || isUntoldCommit(portal)) {
            inBlock = inBlock && portal == End.NONE;
            refuse((byte) 'E');
            return;
        }
        inBlock = false;
        roundOpen = true;
        portal = End.NONE;
        tell(new CommandComplete("ROLLBACK"));
    }

    private void close(ByteBuffer message) {
        var nameEnd = OrdinaryRules.endOfText(message, HEADER_BYTES + 1, message.limit());
        if (nameEnd > HEADER_BYTES + 1 && message.get(HEADER_BYTES) == 'S') {
            statements.forget(message, HEADER_BYTES + 1, nameEnd);
        }
        tell(new CloseComplete());
    }
}
