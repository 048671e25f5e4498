package dev.howdah.proxy;

/** Waits for the room of a server connection that is closed for it. */
interface RoomTaker {
    /** The connection is gone, and no longer counted. */
    void roomMade();
}
