// What the viewer asks of the page around it, whatever program that is.

// The whole viewer, once it is on the page; undefined where its parts stand alone.
export function rootOf(element) {
  return element.closest(".skyseg-root") ?? undefined;
}

// Keys that are pressed in the viewer mean something there: the notebook has other meanings for
// them, such as to delete the cell. Shortcuts with a modifier stay the host's.
export function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
  const keep = (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  };
  element.addEventListener("keydown", keep);
  return () => element.removeEventListener("keydown", keep);
}

// Calls back once an element is part of the page.
export function whenPlaced(element, then) {
  if (element.isConnected) {
    then();
    return () => {};
  }
  const watching = new ResizeObserver(() => {
    if (!element.isConnected) return;
    watching.disconnect();
    then();
  });
  watching.observe(element);
  return () => watching.disconnect();
}

export function switchFullScreen(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.fullscreenEnabled) rootOf(element)?.requestFullscreen();
}
