"""What the panel's buttons do: start, follow and stop a generation, one at a time."""

import random
from typing import ClassVar

import bpy

from morphogen_client import MorphogenError

from .catalog import CatalogRecipe
from .generation import Generation, Recipe
from .preferences import client_of
from .wishes import recipe_of

STEP_S = 0.05
"""How often is looked for what has come."""

Result = set[str]
_running: Generation | None = None
_failure = ""


def running() -> Generation | None:
    """The generation that runs now."""
    return _running


def failure() -> str:
    """Why the last one failed; empty if it did not."""
    return _failure


class _Following(bpy.types.Operator):
    """Follows a recipe: by a timer beside everything else, or, called by a script, to the end."""

    _generation: Generation | None = None
    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Blender: whether the button can be pressed."""
        if _running is not None:
            cls.poll_message_set("A generation is running")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to object mode first")
            return False
        return True

    def recipe(self, context: bpy.types.Context) -> Recipe:
        """What to follow. Raises MorphogenError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> Result:
        """Blender: called without a person waiting."""
        try:
            self._begin(context)
            assert self._generation is not None
            while not self._generation.step(wait_s=0.5):
                pass
        except MorphogenError as error:
            return self._failed(error)
        finally:
            self._forget()
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> Result:
        """Blender: a button was pressed."""
        try:
            self._begin(context)
        except MorphogenError as error:
            return self._failed(error)
        self._timer = context.window_manager.event_timer_add(STEP_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Result:
        """Blender: something happened. One update at a time, so that the rest of Blender gets its turn."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if self._generation is not _running or self._generation is None:  # cancelled by its button
            self._end(context)
            return {"CANCELLED"}
        _redraw(context)
        if context.mode != "OBJECT":  # what comes waits, the importer needs object mode
            self._generation.text = "Waiting for object mode"
            return {"PASS_THROUGH"}
        over = True
        try:
            over = self._generation.step()
        except MorphogenError as error:
            return self._failed(error)
        finally:
            if over:
                self._end(context)
        return {"FINISHED"} if over else {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender: the file is closed, or Blender itself."""
        if self._generation is not None and self._generation is _running:
            self._generation.abandon()
        self._end(context)

    def _begin(self, context: bpy.types.Context) -> None:
        global _running, _failure  # noqa: PLW0603 - there is one Blender, with one generation at a time
        _failure = ""
        recipe = self.recipe(context)
        _running = self._generation = Generation(client_of(context), recipe)

    def _failed(self, error: MorphogenError) -> Result:
        global _failure  # noqa: PLW0603
        _failure = str(error)
        self.report({"ERROR"}, _failure)
        return {"CANCELLED"}

    def _end(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        self._forget()
        _redraw(context)

    def _forget(self) -> None:
        global _running  # noqa: PLW0603
        if self._generation is _running:
            _running = None
        self._generation = None


class MORPHOGEN_OT_generate(_Following):
    """Make what the settings ask for in this scene"""  # noqa: D415 - Blender's tooltip

    bl_idname = "morphogen.generate"
    bl_label = "Generate"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    def recipe(self, context: bpy.types.Context) -> Recipe:
        """What the settings say."""
        return recipe_of(context)


class MORPHOGEN_OT_read_catalog(_Following):
    """Ask the server what it can make, and in which ranges"""  # noqa: D415 - Blender's tooltip

    bl_idname = "morphogen.read_catalog"
    bl_label = "Read Catalog"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    def recipe(self, context: bpy.types.Context) -> Recipe:  # noqa: ARG002 - as above
        """The catalog."""
        return CatalogRecipe()


class MORPHOGEN_OT_cancel(bpy.types.Operator):
    """Stop the generation, and take back what it has made so far"""  # noqa: D415 - Blender's tooltip

    bl_idname = "morphogen.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """Blender: whether the button can be pressed."""
        return _running is not None

    def execute(self, context: bpy.types.Context) -> Result:
        """Blender: the button was pressed."""
        stop()
        _redraw(context)
        self.report({"INFO"}, "Cancelled")
        return {"FINISHED"}


class MORPHOGEN_OT_new_seed(bpy.types.Operator):
    """Draw another seed"""  # noqa: D415 - Blender's tooltip

    bl_idname = "morphogen.new_seed"
    bl_label = "Another Seed"
    bl_options: ClassVar[set[str]] = {"UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> Result:
        """Blender: the button was pressed."""
        context.scene.morphogen.seed = random.randrange(10_000)
        return {"FINISHED"}


def stop() -> None:
    """End the generation that runs, if one does, and take back what it has made."""
    global _running
    if _running is not None:
        stopped, _running = _running, None
        stopped.cancel()


def _redraw(context: bpy.types.Context) -> None:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


CLASSES = (MORPHOGEN_OT_generate, MORPHOGEN_OT_read_catalog, MORPHOGEN_OT_cancel, MORPHOGEN_OT_new_seed)


def register() -> None:
    """Make Blender know the operators."""
    for each in CLASSES:
        bpy.utils.register_class(each)


def unregister() -> None:
    """Stop what runs, and take the operators away."""
    ended = _running
    stop()
    if ended is not None:
        ended.wait(5.0)
    for each in reversed(CLASSES):
        bpy.utils.unregister_class(each)
