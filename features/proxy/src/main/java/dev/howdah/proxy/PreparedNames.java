package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlStatements;
import dev.howdah.proxy.sql.StatementFacts.Named;
import dev.howdah.proxy.sql.StatementFacts.Use;
import java.util.ArrayList;
import java.util.List;

/**
 * SQL about prepared statements, made to mean what the client means by it: its protocol-level statements have other names in the server, and
 * other clients use them too. {@code DEALLOCATE} of one becomes a statement that does nothing, in a failed transaction fails as it would have,
 * and shows its tag.
 *
 * @param sql to be sent instead
 * @param changes what is different, in order of the statements
 */
record PreparedNames(String sql, List<Change> changes) {
    private static final String NOTHING = "UNLISTEN howdah_none";

    PreparedNames {
        changes = List.copyOf(changes);
    }

    /**
     * A statement of the client's map goes, once the server has answered.
     *
     * @param statement which of the text's statements it is
     * @param name empty for all of them
     * @param tag that the client is to see
     */
    record Change(int statement, String name, String tag) {}

    /**
     * @param sql see {@link dev.howdah.proxy.sql.SqlText}
     * @param named in order of their places
     * @param names the client's protocol-level statements
     * @param keepsServer whether the server may have statements that the client has prepared by SQL
     */
    static PreparedNames rewrite(String sql, List<Named> named, StatementCarrier names, boolean keepsServer) {
        var text = new StringBuilder();
        var copied = 0;
        var changes = new ArrayList<Change>();
        for (var each : named) {
            var known = each.use() != Use.DEALLOCATE_ALL && names.knows(each.name());
            var range = each.use() == Use.EXECUTE ? each.nameRange() : each.statement();
            switch (each.use()) {
                case EXECUTE -> {
                    if (known) {
                        copied = replace(text, sql, copied, range, names.onServer(each.name()));
                    }
                }
                case DEALLOCATE -> {
                    if (known) {
                        copied = replace(text, sql, copied, range, NOTHING);
                        changes.add(new Change(each.index(), each.name(), "DEALLOCATE"));
                    }
                }
                case DEALLOCATE_ALL -> {
                    if (!keepsServer) {
                        copied = replace(text, sql, copied, range, NOTHING);
                    }
                    changes.add(new Change(each.index(), "", "DEALLOCATE ALL"));
                }
            }
        }
        return new PreparedNames(text.append(sql, copied, sql.length()).toString(), changes);
    }

    private static int replace(StringBuilder text, String sql, int copied, SqlStatements.Range range, String by) {
        text.append(sql, copied, range.start()).append(by);
        return range.end();
    }
}
