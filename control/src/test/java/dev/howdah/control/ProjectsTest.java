package dev.howdah.control;

import static dev.howdah.control.TestControl.ALICE;
import static dev.howdah.control.TestControl.EVERYTHING;
import static dev.howdah.control.TestControl.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProjectsTest {
    private static TestControl test;

    @BeforeAll
    static void start() throws InterruptedException {
        test = TestControl.start();
    }

    @AfterAll
    static void stop() {
        test.close();
    }

    private static Projects projects() {
        return test.control().projects();
    }

    @Test
    void aNewProjectHasTheProductionBranchMain() {
        var project = projects().create(ALICE, "shop");
        var branches = test.control().branches().list("shop", PageRequest.FIRST).items();

        assertEquals(1, branches.size());
        assertEquals("main", branches.getFirst().name());
        assertEquals(BranchKind.PRODUCTION, branches.getFirst().kind());
        assertEquals(project, projects().find(project.id().value()));
        assertEquals(project, projects().find("shop"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Shop",
                "1shop",
                "-shop",
                "shop_1",
                "shop;drop table project",
                "shop'--",
                "\"shop\"",
                "sh\u00f6p",
                "sh\u0000op",
                "shop\n",
                "a234567890123456789012345678901234567890123456789012345678901234"
            })
    void namesOutsideTheRuleAreRefusedAndNothingIsMade(String name) {
        var before = test.control()
                .projects()
                .list(EVERYTHING, PageRequest.largest())
                .items()
                .size();

        var refusal = refused(SqlState.INVALID_NAME, () -> projects().create(ALICE, name));

        assertTrue(refusal.hint().orElse("").contains("1 to 63 characters"));
        assertEquals(
                before,
                projects().list(EVERYTHING, PageRequest.largest()).items().size());
    }

    @Test
    void ofTwoCreatesWithOneNameAtTheSameTimeOneIsRefused() throws Exception {
        var outcomes = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> create = () -> {
                try {
                    return projects().create(ALICE, "twins").name();
                } catch (PlatformException e) {
                    return e.state().name();
                }
            };
            for (var outcome : threads.invokeAll(List.of(create, create, create))) {
                outcomes.add(outcome.get());
            }
        }
        outcomes.sort(null);

        assertEquals(List.of("DUPLICATE_OBJECT", "DUPLICATE_OBJECT", "twins"), outcomes);
    }

    @Test
    void aRenamedProjectKeepsItsIdAndFreesItsOldName() {
        var project = projects().create(ALICE, "before");

        assertEquals(project.id(), projects().rename(ALICE, "before", "after").id());
        refused(SqlState.UNDEFINED_OBJECT, () -> projects().find("before"));
        projects().create(ALICE, "before");
        refused(SqlState.DUPLICATE_OBJECT, () -> projects().rename(ALICE, "after", "before"));
        refused(SqlState.INVALID_NAME, () -> projects().rename(ALICE, "after", "After!"));
    }

    @Test
    void aProjectIsDeletedOnlyTogetherWithItsBranches() {
        var project = projects().create(ALICE, "doomed");
        var token = test.control().tokens().create(ALICE, "doomed-ci", Optional.of("doomed"), Access.WRITE);

        var refusal = refused(SqlState.OBJECT_IN_USE, () -> projects().delete(ALICE, "doomed", false));
        assertEquals("project \"doomed\" has 1 branch", refusal.message());
        assertEquals(project, projects().find("doomed"));

        projects().delete(ALICE, project.id().value(), true);
        refused(SqlState.UNDEFINED_OBJECT, () -> projects().find("doomed"));
        refused(
                SqlState.INVALID_AUTHORIZATION_SPECIFICATION,
                () -> test.control().tokens().authenticate(token.secret(), ""));
        projects().create(ALICE, "doomed");
    }

    @Test
    void pagesFollowEachOtherWithoutGapsAndForeignCursorsAreRefused() {
        for (var i = 0; i < 5; i++) {
            projects().create(ALICE, "page-" + i);
        }
        var all = projects().list(EVERYTHING, PageRequest.largest()).items();
        var collected = new ArrayList<Project>();
        var cursor = Optional.<String>empty();
        do {
            var page = projects().list(EVERYTHING, new PageRequest(2, cursor));
            collected.addAll(page.items());
            cursor = page.nextCursor();
        } while (cursor.isPresent());

        assertEquals(all, collected);
        for (var wrong : List.of("", "x", "!!", "cHJvamVjdHM6", "YnJhbmNoZXM6MQ", "cHJvamVjdHM6MScgT1IgMT0x")) {
            refused(
                    SqlState.INVALID_PARAMETER_VALUE,
                    () -> projects().list(EVERYTHING, new PageRequest(2, Optional.of(wrong))));
        }
        refused(SqlState.INVALID_PARAMETER_VALUE, () -> new PageRequest(0, Optional.empty()));
        refused(SqlState.INVALID_PARAMETER_VALUE, () -> new PageRequest(201, Optional.empty()));
    }

    @Test
    void aPrincipalOfOneProjectSeesNoOther() {
        var mine = projects().create(ALICE, "mine");
        var other = projects().create(ALICE, "other");
        var limited = new Principal("t2", "ci", Optional.of(mine.id()), Access.WRITE);

        assertEquals(List.of(mine), projects().list(limited, PageRequest.FIRST).items());
        limited.requireProject(mine.id(), Access.WRITE);
        refused(SqlState.INSUFFICIENT_PRIVILEGE, () -> limited.requireProject(mine.id(), Access.ADMIN));
        refused(SqlState.UNDEFINED_OBJECT, () -> limited.requireProject(other.id(), Access.READ));
        refused(SqlState.INSUFFICIENT_PRIVILEGE, () -> limited.requirePlatform(Access.READ));
    }

    @Test
    void theFirstProjectIsMadeOnce() {
        var first = test.control().ensureFirstProject();

        assertEquals(first, test.control().ensureFirstProject());
    }
}
