import type { ShelfClosed, ShelfOpened, ShelfStatus } from '@jonction/contracts';

/** Where suppliers find the tender documents of one consultation. It follows the consultation; it refuses nothing. */
export class Shelf {
  consultationId!: string;
  operator!: string;
  memberId!: string;
  buyerName!: string;
  title!: string;
  /** Title and buyer as one searches them. */
  search!: string;
  openUntil!: Date;
  status!: ShelfStatus;
  openedAt!: Date;
  closedAt!: Date | null;
  /** Facts taken in, the opening included. */
  revision!: number;
  /** The last merge that gave it another buyer; null when it has its first. */
  mergeId!: string | null;
  version!: number;

  open(): ShelfOpened {
    this.status = 'SHELF_STATUS_OPEN';
    this.revision = 1;
    return { ...this.fields(), openedAt: this.openedAt };
  }

  extend(deadline: Date): void {
    this.openUntil = deadline;
    this.revision++;
  }

  /** Another buyer answers for it; the name it was published under stays. */
  follow({ memberId, mergeId }: { memberId: string; mergeId: string }): void {
    this.memberId = memberId;
    this.mergeId = mergeId;
    this.revision++;
  }

  close(at: Date): ShelfClosed {
    this.status = 'SHELF_STATUS_CLOSED';
    this.closedAt = at;
    this.revision++;
    return { ...this.fields(), closedAt: at };
  }

  private fields() {
    return { operator: this.operator, memberId: this.memberId, consultationId: this.consultationId };
  }
}
