package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Sql;
import java.util.Collection;
import java.util.stream.Collectors;

/** The value of {@code synchronous_standby_names}: any one of the given members, whatever their order. */
final class StandbyNames {
    private StandbyNames() {}

    static String of(Collection<InstanceId> standbys) {
        if (standbys.isEmpty()) {
            return "";
        }
        return standbys.stream()
                .sorted()
                .map(id -> Sql.identifier(id.toString()))
                .collect(Collectors.joining(",", "ANY 1 (", ")"));
    }
}
