package dev.howdah.coordination;

import static dev.howdah.base.Checks.require;

import dev.howdah.base.BranchId;
import dev.howdah.base.Epoch;
import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.Coordination.Versioned;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The form of the records on disk. It is apart from the records themselves, so that a change of those cannot change the file unseen.
 *
 * @param format grows when an older program could misread the file
 * @param savedAt for people who look at the file
 * @param lastRevision the highest ever given, so that a branch made again never repeats a revision
 */
record StoredClusters(int format, String savedAt, long lastRevision, List<StoredCluster> clusters) {
    static final int FORMAT = 1;

    // Strict: a key that is missing or unknown means that another program wrote the file, and guessing would be unsafe.
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(
                    DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    StoredClusters {
        require(format == FORMAT, "it has format %d, this program knows format %d".formatted(format, FORMAT));
        clusters = List.copyOf(clusters);
    }

    static StoredClusters parse(byte[] json) {
        return Optional.ofNullable(JSON.readValue(json, StoredClusters.class))
                .orElseThrow(() -> new IllegalArgumentException("it holds no object"));
    }

    byte[] json() {
        return JSON.writeValueAsBytes(this);
    }

    static StoredClusters of(String savedAt, long lastRevision, Collection<Versioned> records) {
        return new StoredClusters(
                FORMAT,
                savedAt,
                lastRevision,
                records.stream().map(StoredCluster::of).toList());
    }

    record StoredCluster(
            String branch,
            long revision,
            long epoch,
            Optional<String> leader,
            Optional<String> systemIdentifier,
            List<StoredMember> members,
            List<String> voters) {
        static StoredCluster of(Versioned versioned) {
            var cluster = versioned.record();
            return new StoredCluster(
                    cluster.branch().value(),
                    versioned.revision(),
                    cluster.epoch().number(),
                    cluster.leader().map(InstanceId::toString),
                    cluster.systemIdentifier(),
                    cluster.members().stream().map(StoredMember::of).toList(),
                    cluster.voters().stream().map(InstanceId::toString).toList());
        }

        Versioned versioned() {
            var cluster = new ClusterRecord(
                    new BranchId(branch),
                    new Epoch(epoch),
                    leader.map(InstanceId::parse),
                    systemIdentifier,
                    members.stream().map(StoredMember::member).toList(),
                    voters.stream().map(InstanceId::parse).toList());
            return new Versioned(cluster, revision);
        }
    }

    /** Exactly one of {@code socketDirectory} and {@code host} is present. */
    record StoredMember(String id, String zone, Optional<String> socketDirectory, Optional<String> host, int port) {
        static StoredMember of(Member member) {
            var id = member.id().toString();
            return switch (member.address()) {
                case ServerAddress.UnixSocket(var directory, var port) ->
                    new StoredMember(id, member.zone(), Optional.of(directory.toString()), Optional.empty(), port);
                case ServerAddress.Tcp(var host, var port) ->
                    new StoredMember(id, member.zone(), Optional.empty(), Optional.of(host), port);
            };
        }

        Member member() {
            require(socketDirectory.isPresent() != host.isPresent(), "member " + id + " has one address");
            var address = socketDirectory
                    .<ServerAddress>map(directory -> new ServerAddress.UnixSocket(Path.of(directory), port))
                    .orElseGet(() -> new ServerAddress.Tcp(host.orElseThrow(), port));
            return new Member(InstanceId.parse(id), zone, address);
        }
    }
}
