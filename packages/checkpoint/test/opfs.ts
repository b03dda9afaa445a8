/**
 * A private file system in memory that can die: after a given number of steps every call fails, as if the page had been
 * closed there. What a stream has written counts only once it is closed; a close that is cut off leaves as much of it as
 * the test says, which is worse than what browsers promise.
 */
export class Disk {
  /** What has reached the disk: it survives the death of a page. */
  readonly files = new Map<string, Uint8Array>()
  /** Bytes that all files may have together. */
  quota = Infinity
  /** Runs before a stream takes bytes, as other tabs and the program do while it waits. */
  beforeWrite: () => void | Promise<void> = () => {}
  /** Files that another tab has open: they cannot be removed. */
  readonly held: Set<string> = new Set()

  /** A page that uses the disk, and dies after so many steps. */
  open(page: { steps?: number; torn?: number } = {}): FileSystemDirectoryHandle {
    // oxlint-disable-next-line no-this-alias -- its fields may change later
    const disk = this
    const { files } = this
    let left = page.steps ?? Infinity
    const step = (): void => {
      if (left-- <= 0) throw new Error('the page is gone')
    }
    const notFound = (name: string): DOMException => new DOMException(`no ${name}`, 'NotFoundError')
    const fits = (name: string, content: Uint8Array): boolean => {
      const others = [...files].filter(([other]) => other !== name)
      return others.reduce((sum, [, { length }]) => sum + length, content.length) <= this.quota
    }

    const stream = (name: string) => {
      let content: Uint8Array<ArrayBuffer> = new Uint8Array(0)
      return {
        async write(bytes: Uint8Array) {
          step()
          await disk.beforeWrite()
          content = Uint8Array.from([...content, ...bytes])
          if (!fits(name, content)) throw new DOMException('the disk is full', 'QuotaExceededError')
        },
        async close() {
          if (left <= 0) files.set(name, content.subarray(0, Math.floor(content.length * (page.torn ?? 0))))
          step()
          files.set(name, content)
        },
        async abort() {
          step()
        },
      }
    }
    const handle = (name: string) => ({
      kind: 'file',
      name,
      async createWritable() {
        step()
        return stream(name)
      },
      async getFile() {
        step()
        const content = files.get(name)
        if (content === undefined) throw notFound(name)
        return new Blob([new Uint8Array(content)])
      },
    })
    const directory = {
      kind: 'directory',
      name: 'disk',
      async getFileHandle(name: string, options?: { create?: boolean }) {
        step()
        if (!files.has(name)) {
          if (options?.create !== true) throw notFound(name)
          files.set(name, new Uint8Array(0))
        }
        return handle(name)
      },
      async removeEntry(name: string) {
        step()
        if (disk.held.has(name)) throw new DOMException(`${name} is open`, 'NoModificationAllowedError')
        if (!files.delete(name)) throw notFound(name)
      },
      async *keys() {
        step()
        yield* Array.from(files.keys())
      },
    }
    return directory as unknown as FileSystemDirectoryHandle
  }
}
