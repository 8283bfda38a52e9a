import type { ContributionBasis, ContributionLine, RuleInWords } from '@jonction/contracts';
import { WHOLE } from './contribution.ts';

type Language = 'fr' | 'en';

const number = {
  fr: new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 2 }),
  en: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 }),
};
const euros = {
  fr: new Intl.NumberFormat('fr-FR', { style: 'currency', currency: 'EUR' }),
  en: new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' }),
};

const counted: Partial<Record<ContributionBasis, Record<Language, string>>> = {
  CONTRIBUTION_BASIS_POPULATION: { fr: 'habitants', en: 'inhabitants' },
  CONTRIBUTION_BASIS_BUDGET: { fr: 'euros de budget', en: 'euros of budget' },
  CONTRIBUTION_BASIS_STAFF: { fr: 'agents', en: 'people of staff' },
};

/** The rule of a line, as one tells it to the member that pays it. */
export function ruleInWords(line: ContributionLine): RuleInWords {
  return { french: told(line, 'fr'), english: told(line, 'en') };
}

function told(line: ContributionLine, language: Language): string {
  const parts =
    line.listedCents === 0n && line.coveredByMemberId ? [] : [bandOf(line, language), yearOf(line, language)];
  return [...parts, dueOf(line, language), taxOf(line, language)].join(language === 'fr' ? ' ; ' : '; ');
}

function bandOf({ basis, basisValue, bandFrom, bandUpTo }: ContributionLine, language: Language): string {
  const unit = counted[basis]?.[language];
  const show = (value: bigint) => number[language].format(value);
  if (language === 'fr') {
    if (!unit) return 'prix unique';
    const band = bandUpTo === 0n ? `à partir de ${show(bandFrom)}` : `de ${show(bandFrom)} à ${show(bandUpTo)}`;
    return `${show(basisValue)} ${unit}, tranche ${band}`;
  }
  if (!unit) return 'one price for all';
  const band = bandUpTo === 0n ? `from ${show(bandFrom)}` : `from ${show(bandFrom)} to ${show(bandUpTo)}`;
  return `${show(basisValue)} ${unit}, band ${band}`;
}

function yearOf({ firstYear, months }: ContributionLine, language: Language): string {
  const part = months === 12 ? '' : language === 'fr' ? `, ${months} mois sur 12` : `, ${months} months of 12`;
  if (language === 'fr') return `${firstYear ? 'prix de la première année' : 'prix des années suivantes'}${part}`;
  return `${firstYear ? 'price of the first year' : 'price of the years after the first'}${part}`;
}

function dueOf({ coveredByMemberId, listedCents, netCents }: ContributionLine, language: Language): string {
  const cents = (value: bigint) => euros[language].format(Number(value) / 100);
  if (!coveredByMemberId) return language === 'fr' ? `${cents(netCents)} hors taxe` : `${cents(netCents)} without tax`;
  const instead = listedCents > 0n ? (language === 'fr' ? ` au lieu de ` : ' instead of ') + cents(listedCents) : '';
  if (language === 'fr') return `rien à payer${instead} : compris dans la contribution de son groupement`;
  return `nothing to pay${instead}: included in the contribution of its grouping`;
}

function taxOf({ vatBasisPoints }: ContributionLine, language: Language): string {
  const rate = `${number[language].format((vatBasisPoints / WHOLE) * 100)} %`;
  if (language === 'fr') return vatBasisPoints === 0 ? 'hors champ de la TVA' : `TVA ${rate}`;
  return vatBasisPoints === 0 ? 'outside VAT' : `VAT ${rate}`;
}
