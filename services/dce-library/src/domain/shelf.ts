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
