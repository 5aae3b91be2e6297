/* PCM54HP: the gain ranging before it, its 16 weights, and the four holds behind it. Integers only; ports: none.

   sample   20 bits signed, full scale -80000h to 7FFFFh; what is beyond saturates
   range    0 to 4: the sample is multiplied by 1 << range before the converter and divided by it behind it
   code     16 bits, complementary offset binary: 0000 = +full scale, 7FFF = 0, FFFF = -full scale
   level    what the converter gives, in 1/4096 of its LSB at range 0: a full-scale sample is 2^27 */
#ifndef KORGM1_DAC_PCM54_H
#define KORGM1_DAC_PCM54_H
#include <stdint.h>

enum { DAC_WEIGHTS = 16, DAC_CODES = 65536, DAC_OUTPUTS = 4, DAC_LSB = 4096 };
enum { DAC_MOST_ERROR = 512 * DAC_LSB };   /* of one weight, and of the zero, either way */
enum { DAC_RANGES_NONE, DAC_RANGES_2, DAC_RANGES_4, DAC_RANGES };   /* x1; x1 x2 x4 x8; x1 x4 x16 */

typedef struct dac_pcm54 {
    int32_t error[DAC_WEIGHTS];   /* of each weight, bit 0 first */
    int32_t zero;                 /* the bipolar zero error */
    uint8_t ranges;               /* DAC_RANGES_ */
    uint8_t slot[DAC_OUTPUTS];    /* the output (0 to 3) that each slot of a frame serves */
    uint32_t word[DAC_OUTPUTS];   /* the latest of each output: code | range << 16 */
    int32_t hold[DAC_OUTPUTS];    /* its level, divided by the range */
    int32_t level[DAC_CODES];     /* by code; follows from error and zero */
} dac_pcm54;

/* An ideal converter without ranges, slots in the order of the outputs, holds at 0. */
void dac_pcm54_init(dac_pcm54 *d);

/* Each returns 0, or -1 for a value out of range; then nothing has changed. */
int dac_pcm54_set_errors(dac_pcm54 *d, const int32_t error[DAC_WEIGHTS], int32_t zero);
int dac_pcm54_set_ranges(dac_pcm54 *d, unsigned ranges);
int dac_pcm54_set_slots(dac_pcm54 *d, const uint8_t slot[DAC_OUTPUTS]);   /* each output once */
int dac_pcm54_set_held(dac_pcm54 *d, const uint32_t word[DAC_OUTPUTS]);   /* as `word`; the holds follow */

/* The word that a sample becomes, and the level that a word becomes. */
uint32_t dac_pcm54_word(const dac_pcm54 *d, int32_t sample);
int32_t dac_pcm54_level(const dac_pcm54 *d, uint32_t word);

/* Frames of four samples, and of the four levels that are held after each. */
void dac_pcm54_frames(dac_pcm54 *d, const int32_t *samples, int32_t *levels, uint32_t count);

/* The same, for who listens at the converter's pins: four words a frame in the order of the slots. */
void dac_pcm54_words(dac_pcm54 *d, const int32_t *samples, uint32_t *words, uint32_t count);
#endif
