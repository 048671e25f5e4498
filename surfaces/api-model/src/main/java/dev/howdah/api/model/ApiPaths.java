package dev.howdah.api.model;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** The paths of the API, with names put in safely. Projects, branches and roles go by id or by name. */
public final class ApiPaths {
    public static final String HEALTHZ = "/healthz";
    public static final String READYZ = "/readyz";
    public static final String STATUS = "/v1/status";
    public static final String OPENAPI = "/v1/openapi.json";
    public static final String PROJECTS = "/v1/projects";
    public static final String EVENTS = "/v1/events";
    public static final String AUDIT = "/v1/audit";
    public static final String AUDIT_VERIFY = "/v1/audit/verify";
    public static final String TOKENS = "/v1/tokens";
    public static final String BANS = "/v1/bans";
    public static final String SESSIONS = "/v1/sessions";
    public static final String SHUTDOWN = "/v1/shutdown";
    public static final String METRICS = "/metrics";
    public static final String POOL_SETTINGS = "/v1/pool-settings";
    public static final String RELOAD_POOL_SETTINGS = POOL_SETTINGS + "/reload";

    /** A request with this header is carried out once, however often it is sent. */
    public static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    public static final String REQUEST_ID = "X-Request-Id";
    public static final String PROBLEM_MEDIA_TYPE = "application/problem+json";

    private ApiPaths() {}

    public static String project(String project) {
        return PROJECTS + "/" + encode(project);
    }

    public static String branches(String project) {
        return project(project) + "/branches";
    }

    public static String branch(String project, String branch) {
        return branches(project) + "/" + encode(branch);
    }

    public static String instances(String project, String branch) {
        return branch(project, branch) + "/instances";
    }

    public static String branchEvents(String project, String branch) {
        return branch(project, branch) + "/events";
    }

    public static String pools(String project, String branch) {
        return branch(project, branch) + "/pools";
    }

    public static String poolClients(String project, String branch) {
        return branch(project, branch) + "/clients";
    }

    public static String poolServers(String project, String branch) {
        return branch(project, branch) + "/servers";
    }

    /** @param action {@code pause}, {@code resume} or {@code reconnect} */
    public static String steerPools(String project, String branch, String action) {
        return pools(project, branch) + "/" + encode(action);
    }

    public static String branchPoolSettings(String project, String branch) {
        return branch(project, branch) + "/pool-settings";
    }

    public static String branchPoolSetting(String project, String branch, String name) {
        return branchPoolSettings(project, branch) + "/" + encode(name);
    }

    /** For the branches that have no value of their own. */
    public static String poolSetting(String name) {
        return POOL_SETTINGS + "/" + encode(name);
    }

    /** How to connect as one role. */
    public static String connection(String project, String branch, String role) {
        return branch(project, branch) + "/connection?role=" + encode(role);
    }

    public static String roles(String project, String branch) {
        return branch(project, branch) + "/roles";
    }

    public static String resetDefaultRole(String project, String branch) {
        return roles(project, branch) + "/reset-default";
    }

    public static String temporaryRole(String project, String branch) {
        return roles(project, branch) + "/temporary";
    }

    public static String role(String project, String branch, String role) {
        return roles(project, branch) + "/" + encode(role);
    }

    public static String resetRole(String project, String branch, String role) {
        return role(project, branch, role) + "/reset";
    }

    public static String renewRole(String project, String branch, String role) {
        return role(project, branch, role) + "/renew";
    }

    public static String reassignRole(String project, String branch, String role) {
        return role(project, branch, role) + "/reassign";
    }

    public static String token(String token) {
        return TOKENS + "/" + encode(token);
    }

    public static String ban(String address) {
        return BANS + "/" + encode(address);
    }

    /** One path segment or query value. */
    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
