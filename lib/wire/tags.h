/*
 * The tags of MPI messages. All below 32768, which is what MPI promises to take.
 */
#ifndef TRP_TAGS_H
#define TRP_TAGS_H

#define TRP_TAG_PARCEL 7
#define TRP_TAG_BULK 8
#define TRP_TAG_URGENT 9

#endif
