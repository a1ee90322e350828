// Files that the kernel has made and the browser keeps.

export function keepDownloads(model) {
  const keep = (content, buffers) => {
    if (content.kind !== "download") return;
    const address = URL.createObjectURL(new Blob(buffers));
    const link = Object.assign(document.createElement("a"), { href: address, download: content.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  model.on("msg:custom", keep);
  return () => model.off("msg:custom", keep);
}
