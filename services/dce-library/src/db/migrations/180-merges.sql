-- Shelves follow their consultations to another buyer; what runs for a buyer is asked for before bodies merge.
alter table shelf add column merge_id uuid;
create index shelf_of_merge on shelf (operator, merge_id) where merge_id is not null;
create index shelf_of_member on shelf (operator, member_id) where status = 'SHELF_STATUS_OPEN';
