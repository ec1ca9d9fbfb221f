import type { ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

export interface SheetProps {
  title: string;
  isOpen: boolean;
  close: () => void;
  children: ReactNode;
  /** Room for more than a few lines. */
  wide?: boolean;
}

/** A dialog over the window; Escape and a click beside it close it, and the keyboard goes back to where it was. */
export function Sheet({ title, isOpen, close, children, wide = false }: SheetProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && close()}
      isDismissable
      className="fixed inset-0 z-20 flex items-center justify-center bg-shade p-4"
    >
      <Modal className={`max-h-full w-full overflow-y-auto rounded-2xl border border-line bg-surface shadow-2xl ${wide ? 'max-w-2xl' : 'max-w-md'}`}>
        <Dialog className="p-6 outline-none">
          <Heading slot="title" className="mb-4 text-lg font-semibold">{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
