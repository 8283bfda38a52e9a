/** A PES_Aller for tests and benches: invented, small, and what a rule speaks of can be given. */
export interface SampleOptions {
  nomFic?: string;
  codCol?: string;
  /** Ids of the bordereaux of expenses, in order. */
  bordereaux?: string[];
  info?: string;
  amount?: string;
  /** Added before the end of the root. */
  rest?: string;
  encoding?: string;
}

/** The text of a sample. It is Latin-1 whatever it says: turn it into bytes so. */
export function samplePes(options: SampleOptions = {}): string {
  const { nomFic = 'PESALR2_1.xml', codCol = '123', bordereaux = ['B1'], info = '1', rest = '' } = options;
  const { amount = '120.50', encoding = 'ISO-8859-1' } = options;
  const blocks = bordereaux.map((id, i) => bordereau(id, { number: String(i + 1), amount }));
  const expenses = `<PES_DepenseAller><EnTeteDepense><IdVer V="2"/><InfoDematerialisee V="${info}"/></EnTeteDepense>
${blocks.join('\n')}
</PES_DepenseAller>`;
  return `<?xml version="1.0" encoding="${encoding}"?>
<n:PES_Aller xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller" Id="PES1">
<Enveloppe><Parametres><Version V="2"/><TypFic V="PESALR2"/><NomFic V="${nomFic}"/></Parametres>
<Emetteur><Sigle V="EXEMPLE"/><Adresse V="INVENTE"/></Emetteur></Enveloppe>
<EnTetePES><DteStr V="2026-03-12"/><IdPost V="021001"/><IdColl V="00000001800010"/><CodCol V="${codCol}"/><CodBud V="00"/></EnTetePES>
${bordereaux.length > 0 ? expenses : ''}${rest}</n:PES_Aller>
`;
}

/** One bordereau of expenses, of one piece. */
export function bordereau(id: string, { number = '1', amount = '120.50' } = {}): string {
  return `<Bordereau Id="${id}"><BlocBordereau><Exer V="2026"/><IdBord V="${number}"/><DteBordEm V="2026-03-12"/><TypBord V="01"/>
<NbrPce V="1"/><MtCumulAnnuel V="${amount}"/><MtBordHT V="${amount}"/></BlocBordereau>
<Piece><BlocPiece><InfoPce><IdPce V="7"/><TypPce V="01"/><NatPce V="01"/><Obj V="R\u00e9seau d'\u00e9t\u00e9"/></InfoPce></BlocPiece>
<LigneDePiece><BlocLignePiece><InfoLignePce><IdLigne V="1"/><Nature V="615231"/><Fonction V="811"/><ModRegl V="03"/>
<TVAIntraCom V="0"/><MtHT V="${amount}"/></InfoLignePce></BlocLignePiece>
<Tiers><InfoTiers><RefTiers V="1"/><CatTiers V="50"/><NatJur V="03"/><Nom V="ENTREPRISE FICTIVE"/></InfoTiers>
<Adresse><TypAdr V="1"/><Adr2 V="1 RUE DE L'EXEMPLE"/><CP V="21000"/><Ville V="DIJON"/><CodRes V="0"/></Adresse></Tiers>
</LigneDePiece></Piece></Bordereau>`;
}

/** An attachment of this base64 text. */
export function attachments(...contents: { id: string; base64: string }[]): string {
  const all = contents.map(
    ({ id, base64 }) =>
      `<PJ><Contenu><Fichier MIMEType="application/pdf">${base64}</Fichier></Contenu><IdUnique V="${id}"/><NomPJ V="piece.pdf"/><Description V="Piece"/></PJ>`,
  );
  return `<PES_PJ><EnTetePES_PJ><IdVer V="1"/></EnTetePES_PJ>${all.join('')}</PES_PJ>`;
}
