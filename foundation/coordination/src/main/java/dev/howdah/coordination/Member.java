package dev.howdah.coordination;

import dev.howdah.base.InstanceId;
import dev.howdah.base.ServerAddress;

/**
 * One instance as the cluster record knows it.
 *
 * @param zone what it may fail together with
 * @param address where its server listens
 */
public record Member(InstanceId id, String zone, ServerAddress address) {}
