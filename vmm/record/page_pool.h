/* Host memory for copies of pages, each of which several may use: in pieces as large as the host's
 * large pages, for as many faults as there are pages would take longer than copying them. */
#ifndef VMM_RECORD_PAGE_POOL_H
#define VMM_RECORD_PAGE_POOL_H

#include <stdint.h>

struct page_pool;

/* With one user; NULL if host memory is short. */
struct page_pool *page_pool_new(void);
void page_pool_share(struct page_pool *pool);
/* The last user has given all its pages back. */
void page_pool_drop(struct page_pool *pool);

/* MEMORY_PAGE bytes, of any content, with one user; or NULL. */
void *page_pool_take(struct page_pool *pool);
void page_pool_share_page(void *page);
void page_pool_drop_page(struct page_pool *pool, void *page);
uint32_t page_pool_users(const void *page);

#endif
