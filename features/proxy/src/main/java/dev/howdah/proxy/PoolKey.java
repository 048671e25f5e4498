package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import java.util.HashMap;
import java.util.Map;

/**
 * Which clients may use each other's server connections. The role counts by its OID, since a dropped and recreated one is another; the
 * database's connections end with it.
 */
record PoolKey(BranchId branch, long roleOid, String role, String database) {
    /**
     * Within a pool: clients whose server connections began alike. Every startup parameter is part of it, so that {@code RESET} leads back to
     * the client's own, but for {@code application_name}, which is set on the way.
     */
    record Group(Map<String, String> parameters) {
        static Group of(Map<String, String> startup) {
            var parameters = new HashMap<>(startup);
            parameters.remove(PooledSettings.APPLICATION_NAME);
            return new Group(parameters);
        }
    }
}
